import { swarmSuite } from './swarm.suite.ts';

swarmSuite({ from: 151, count: 50 });
