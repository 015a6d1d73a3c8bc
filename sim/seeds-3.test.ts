import { swarmSuite } from './swarm.suite.ts';

swarmSuite({ from: 101, count: 50 });
