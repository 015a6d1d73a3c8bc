import { swarmSuite } from './swarm.suite.ts';

swarmSuite({ from: 51, count: 50 });
