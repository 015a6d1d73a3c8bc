import { ageOf } from '../age.ts';
import { invalidValue } from '../causes.ts';
import { ALL_VERBS, type Kind } from '../kind.ts';
import { checkDnsSubdomain } from '../names.ts';
import { validateObjectMeta } from '../objectmeta.ts';
import { events } from '../resources.ts';
import type { StatusCause } from '../status.ts';
import type { KubeEvent } from '../types/core.ts';
import { column } from './cells.ts';

export const eventKind: Kind<KubeEvent> = {
  resource: events,
  singular: 'event',
  shortNames: ['ev'],
  verbs: ALL_VERBS,
  columns: [
    column('Last Seen', 'How long ago it happened last.'),
    column('Type', 'Normal, or Warning.'),
    column('Reason', 'Short word for why it happened.'),
    column('Object', 'What it is about.'),
    column('Subobject', 'Which part of the object it is about.', { wide: true }),
    column('Source', 'Component that reports it.', { wide: true }),
    column('Message', 'What happened, for people.'),
    column('First Seen', 'How long ago it happened first.', { wide: true }),
    column('Count', 'How often it happened.', { wide: true, type: 'integer' }),
    { ...column('Name', 'Name of the event itself.', { wide: true }), format: 'name' },
  ],

  defaults(event) {
    event.involvedObject ??= {};
  },

  validate: (event) => [...validateObjectMeta(event.metadata, checkDnsSubdomain), ...validateNamespace(event)],

  selectableFields(event) {
    const about = event.involvedObject;
    return {
      'involvedObject.kind': about.kind ?? '',
      'involvedObject.namespace': about.namespace ?? '',
      'involvedObject.name': about.name ?? '',
      'involvedObject.uid': about.uid ?? '',
      'involvedObject.apiVersion': about.apiVersion ?? '',
      'involvedObject.resourceVersion': about.resourceVersion ?? '',
      'involvedObject.fieldPath': about.fieldPath ?? '',
      reason: event.reason ?? '',
      reportingComponent: event.reportingComponent ?? '',
      source: event.source?.component || (event.reportingComponent ?? ''),
      type: event.type ?? '',
    };
  },

  row(event, now) {
    const firstSeen = ageOf(event.firstTimestamp || event.eventTime, now);
    const lastSeen = event.lastTimestamp ? ageOf(event.lastTimestamp, now) : firstSeen;
    const about = event.involvedObject;
    const kind = (about.kind ?? '').toLowerCase();
    return [
      event.series ? ageOf(event.series.lastObservedTime, now) : lastSeen,
      event.type ?? '',
      event.reason ?? '',
      about.name ? `${kind}/${about.name}` : kind,
      about.fieldPath ?? '',
      sourceText(event),
      (event.message ?? '').trim(),
      firstSeen,
      event.series?.count ?? (event.count || 1),
      event.metadata.name,
    ];
  },
};

function sourceText(event: KubeEvent): string {
  const component = event.source?.component || event.reportingComponent || '';
  const instance = event.source?.host || event.reportingInstance || '';
  return instance ? `${component}, ${instance}` : component;
}

/** An event stands in the namespace of what it is about; for cluster-scoped objects in `default`. */
function validateNamespace(event: KubeEvent): StatusCause[] {
  const own = event.metadata.namespace ?? '';
  const namespace = event.involvedObject.namespace ?? '';
  if (namespace === own || (namespace === '' && own === 'default')) return [];
  return [invalidValue('involvedObject.namespace', namespace, 'does not match event.namespace')];
}
