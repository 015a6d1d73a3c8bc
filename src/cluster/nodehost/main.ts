import { enableCompileCache } from 'node:module';
import type { NodeHostOptions } from './options.ts';

enableCompileCache();
const { runNodeHost } = await import('./runnodehost.ts');
await runNodeHost(JSON.parse(process.argv[2] as string) as NodeHostOptions);
