import process from 'node:process';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { RELEASE_LEVELS } from '../api/types/segue.ts';
import { VERSION } from '../cluster/version.ts';
import { simulateCommand } from './simulateoptions.ts';
import type { UpOptions } from './up.ts';
import { userMessage } from './usermessage.ts';
import type { VerifyOptions } from './verify.ts';

/** Where what is said goes. */
interface Output {
  out(text: string): unknown;
  err(text: string): unknown;
}

const STANDARD: Output = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
};

/** Runs the command line. Resolves with the exit code. */
export async function runProgram(argv: readonly string[], output: Output = STANDARD): Promise<number> {
  let code = 0;
  const program = new Command('segue')
    .description('A Kubernetes-compatible cluster that never drops a request when a pod starts, stops or is replaced.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: output.out, writeErr: output.err });
  upCommand(program, (result) => {
    code = result;
  });
  verifyCommand(program, (result) => {
    code = result;
  });
  simulateCommand(program, async (options) => {
    // The simulated world holds every part of the product: no other command waits until it is read.
    const { simulate } = await import('./simulate.ts');
    code = await simulate(options, output);
  });
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    const message = userMessage(error);
    output.err(`segue: ${message ?? (error instanceof Error ? error.stack : String(error))}\n`);
    return 1;
  }
  return code;
}

type Report = (code: number) => void;

function upCommand(program: Command, report: Report): void {
  program
    .command('up')
    .description('start a cluster on this machine and keep it running until Ctrl-C')
    .option('-f, --filename <path...>', 'manifests to apply: files or folders')
    .option('--nodes <count>', 'how many nodes', wholeNumber, 1)
    .option('--port <port>', 'port of the API server on loopback; 0 takes a free one', wholeNumber, 6443)
    .option('--state <folder>', 'where the cluster keeps what outlives it')
    .option('--memory', 'keep objects in memory only', false)
    .option('--kubeconfig <path>', 'where to write the kubeconfig')
    .option('--merge-kubeconfig', "add the cluster to the user's own kubeconfig as context segue", false)
    .option('--lb-address <ip>', 'loopback address for Services of type LoadBalancer', '127.0.0.20')
    .addOption(releaseOption())
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']).default('info'))
    .action(async (options: UpOptions) => {
      // Each command reads only what it needs.
      const { up } = await import('./up.ts');
      report(await up(options));
    });
}

function verifyCommand(program: Command, report: Report): void {
  program
    .command('verify')
    .description('prove under load that a change drops nothing')
    .argument('[path...]', 'manifests to apply first: files or folders')
    .requiredOption('--change <change>', "the change, in kubectl's words, e.g. 'set env deploy/web VERSION=2'")
    .option('--rate <requests>', 'requests a second, whatever the answers do', wholeNumber, 200)
    .option('--duration <time>', 'how long to load, e.g. 20s', '20s')
    .option(
      '--change-after <time>',
      'when to make the change after the load began; a quarter of the duration when absent',
    )
    .option('--timeout <time>', 'when a request counts as timed out', '10s')
    .option('--service <name>', 'Service to load, namespace/name or name; found from the change when absent')
    .option('--path <path>', 'path to request', '/')
    .addOption(
      new Option('--connections <way>', 'a connection for each request, or kept ones')
        .choices(['new', 'keep-alive'])
        .default('new'),
    )
    .option('--nodes <count>', 'nodes of the private cluster', wholeNumber, 1)
    .option('--kubeconfig <path>', 'use a running cluster instead of a private one')
    .addOption(new Option('-o, --output <format>').choices(['text', 'json']).default('text'))
    .addOption(releaseOption())
    .action(async (paths: string[], options: VerifyOptions) => {
      const { verify } = await import('./verify.ts');
      report(await verify(paths, options));
    });
}

function releaseOption(): Option {
  return new Option('--release <level>', 'release level of pods that ask for none')
    .choices([...RELEASE_LEVELS])
    .default('Observed');
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('need a whole number');
  return Number(text);
}
