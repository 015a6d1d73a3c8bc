import { inSandbox } from '../../linux/sandbox.fixture.ts';
import { podNetworkSuite } from '../podnetwork.suite.ts';
import { openMachineNetwork } from './machine.ts';
import { PodAgent } from './podagent.fixture.ts';

const PORT = 8080;

inSandbox(import.meta.filename, () => {
  podNetworkSuite('bridge', async () => {
    const stack = new AsyncDisposableStack();
    const machine = stack.use(openMachineNetwork());
    const { podNetwork: network } = machine.addNode(1);
    return {
      network,
      async queueConnections(uid, clients) {
        const { ip, networkNamespacePath } = await network.add(uid);
        const server = stack.use(await PodAgent.in(networkNamespacePath));
        await server.stall(PORT, 8);
        const client = stack.use(await PodAgent.in('/proc/self/ns/net'));
        for (let number = 0; number < clients; number++) await client.open(ip, PORT);
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  });
});
