import { swarmSuite } from './swarm.suite.ts';

swarmSuite({ from: 201, count: 50 });
