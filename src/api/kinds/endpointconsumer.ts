import { ageOf } from '../age.ts';
import { invalidValue, oneOf, required } from '../causes.ts';
import type { Kind } from '../kind.ts';
import { checkDnsSubdomain } from '../names.ts';
import { validateObjectMeta } from '../objectmeta.ts';
import { endpointConsumers } from '../resources.ts';
import type { StatusCause } from '../status.ts';
import type { EndpointConsumer } from '../types/segue.ts';
import { AGE_COLUMN, ageCell, column, NAME_COLUMN } from './cells.ts';
import { unchanged } from './immutable.ts';

const LEASE_SECONDS = 10;
const RESOURCE_VERSION = /^\d+$/;

/** Lives in the server's memory: a consumer states its number again after a reconnect, so nothing is lost with it. */
export const endpointConsumerKind: Kind<EndpointConsumer> = {
  resource: endpointConsumers,
  singular: 'endpointconsumer',
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: ['status'],
  statusSubresource: true,
  virtual: true,
  columns: [
    NAME_COLUMN,
    column('Component', 'What it is: proxy, ingress, dns, or the publisher of endpoints.'),
    column('Node', 'Node it runs on.'),
    column('Observed', 'Resource version up to which it has acted on all it watches.'),
    column('Published', 'Resource version of its latest slice write; of the publisher only.'),
    column('Renewed', 'How long ago it said so.'),
    AGE_COLUMN,
    column('Role', 'Publisher, or Consumer.', { wide: true }),
    column('Lease', 'Seconds of silence after which it is taken as cut off.', { wide: true, type: 'integer' }),
  ],

  defaults(consumer) {
    consumer.spec ??= {} as EndpointConsumer['spec'];
    consumer.spec.role ??= 'Consumer';
    consumer.spec.leaseDurationSeconds ??= LEASE_SECONDS;
  },

  prepareForCreate(consumer) {
    delete consumer.status;
  },

  validate: (consumer) => [
    ...validateObjectMeta(consumer.metadata, checkDnsSubdomain),
    ...validateSpec(consumer.spec),
    ...validateVersion('status.observedResourceVersion', consumer.status?.observedResourceVersion),
    ...validateVersion('status.publishedResourceVersion', consumer.status?.publishedResourceVersion),
  ],

  validateUpdate: (consumer, old) => [
    ...unchanged('spec.component', consumer.spec.component, old.spec.component),
    ...unchanged('spec.nodeName', consumer.spec.nodeName, old.spec.nodeName),
    ...unchanged('spec.role', consumer.spec.role, old.spec.role),
  ],

  selectableFields: (consumer) => ({
    'spec.component': consumer.spec.component,
    'spec.nodeName': consumer.spec.nodeName ?? '',
  }),

  row: (consumer, now) => [
    consumer.metadata.name,
    consumer.spec.component,
    consumer.spec.nodeName ?? '<none>',
    consumer.status?.observedResourceVersion || '<none>',
    consumer.status?.publishedResourceVersion ?? '<none>',
    ageOf(consumer.status?.renewTime, now),
    ageCell(consumer, now),
    consumer.spec.role,
    consumer.spec.leaseDurationSeconds,
  ],
};

function validateSpec({ component, role, leaseDurationSeconds }: EndpointConsumer['spec']): StatusCause[] {
  const causes = component ? [] : [required('spec.component')];
  causes.push(...oneOf('spec.role', role, ['Consumer', 'Publisher']));
  if (leaseDurationSeconds <= 0) {
    causes.push(invalidValue('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
  }
  return causes;
}

function validateVersion(field: string, version: string | undefined): StatusCause[] {
  if (version === undefined || RESOURCE_VERSION.test(version)) return [];
  return [invalidValue(field, version, 'must be a resource version: a whole number in decimal digits')];
}
