import { isPodReady } from '../src/api/servicepods.ts';
import type { Pod } from '../src/api/types/core.ts';
import type { EndpointSlice } from '../src/api/types/discovery.ts';
import type { KubeObject } from '../src/api/types/meta.ts';
import type { EndpointConsumer, PodRelease } from '../src/api/types/segue.ts';
import type { Trace } from './trace.ts';
import type { TrueChange, Truth } from './truth.ts';

/** Writes what the API server's stores are changed to into the trace, in words. */
export function traceChanges(truth: Truth, trace: Trace): void {
  truth.onChange((change) => {
    const said = describe(change);
    if (said) trace.note('control plane', `${said.text} (revision ${change.revision})`, said.about);
  });
}

function describe(change: TrueChange): { text: string; about: string[] } | undefined {
  const { object, type } = change;
  const { name } = object.metadata;
  if (type === 'delete') return { text: `${object.kind} ${name} is gone`, about: [name] };
  if (object.kind === 'Pod') return { text: `Pod ${name}: ${podText(object as Pod)}`, about: [name] };
  if (object.kind === 'EndpointSlice')
    return { text: sliceText(object as EndpointSlice), about: podsOf(object as EndpointSlice) };
  if (object.kind === 'PodRelease') return { text: releaseText(object as PodRelease), about: [name] };
  if (object.kind === 'EndpointConsumer') {
    const { observedResourceVersion = '0', publishedResourceVersion } = (object as EndpointConsumer).status ?? {};
    const published = publishedResourceVersion === undefined ? '' : `, published ${publishedResourceVersion}`;
    return { text: `${name} is at ${observedResourceVersion}${published}`, about: [name] };
  }
  if (object.kind === 'Lease') return undefined;
  return { text: `${object.kind} ${name}${eventText(object)}`, about: [name] };
}

function podText(pod: Pod): string {
  const words = [pod.status?.phase ?? 'Pending', pod.spec.nodeName ?? 'no node'];
  if (pod.status?.podIP) words.push(pod.status.podIP);
  words.push(isPodReady(pod) ? 'ready' : 'not ready');
  if (pod.metadata.deletionTimestamp) words.push('being deleted');
  return words.join(', ');
}

function sliceText(slice: EndpointSlice): string {
  const endpoints = slice.endpoints.map(({ targetRef, conditions }) => {
    const state = conditions?.ready ? 'ready' : conditions?.serving ? 'serving' : 'out';
    return `${targetRef?.name} ${state}`;
  });
  return `EndpointSlice ${slice.metadata.name}: ${endpoints.join(', ') || 'nobody'}`;
}

function podsOf(slice: EndpointSlice): string[] {
  return slice.endpoints.flatMap(({ targetRef }) => (targetRef?.name ? [targetRef.name] : []));
}

function releaseText({ metadata, status }: PodRelease): string {
  const waiting = status.waitingFor.length > 0 ? `, waiting for ${status.waitingFor.join(', ')}` : '';
  const need = status.requiredResourceVersion ? `, need ${status.requiredResourceVersion}` : '';
  return `PodRelease ${metadata.name}: ${status.outcome ?? status.phase}${need}${waiting}`;
}

function eventText(object: KubeObject): string {
  const { reason, message } = object as KubeObject & { reason?: string; message?: string };
  return object.kind === 'Event' ? `: ${reason}: ${message}` : '';
}
