import { swarmSuite } from './swarm.suite.ts';

swarmSuite({ from: 1, count: 50 });
