import { swarmSuite } from './swarm.suite.ts';

swarmSuite({ from: 251, count: 50 });
