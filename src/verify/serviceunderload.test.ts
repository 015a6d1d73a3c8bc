import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment } from '../api/types/apps.ts';
import type { Service, ServiceSpec } from '../api/types/core.ts';
import { NoServiceError, serviceUnderLoad, serviceURL } from './serviceunderload.ts';

const META = { namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };

function service(name: string, spec: ServiceSpec): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { ...META, name }, spec: { clusterIP: '10.96.0.9', ...spec } };
}

const WEB = service('web', { selector: { app: 'web' }, ports: [{ port: 80 }] });
const API = service('api', { selector: { app: 'api' }, ports: [{ port: 9090 }, { name: 'http', port: 8080 }] });
const KUBERNETES = service('kubernetes', { ports: [{ port: 443 }] });
const HEADLESS = service('db', { selector: { app: 'web' }, clusterIP: 'None' });
const CHANGED: Deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { ...META, name: 'web' },
  spec: { selector: {}, template: { metadata: { labels: { app: 'web', tier: 'front' } }, spec: { containers: [] } } },
};

test('the Service of the Deployment that will be changed is taken', () => {
  assert.equal(serviceUnderLoad([KUBERNETES, API, WEB, HEADLESS], { changed: CHANGED }), WEB);
});

test('the Service that is named is taken, whatever is changed', () => {
  assert.equal(serviceUnderLoad([API, WEB], { name: 'api', changed: CHANGED }), API);
});

test('the only Service with pods is taken when nothing says more', () => {
  assert.equal(serviceUnderLoad([KUBERNETES, API, HEADLESS]), API);
});

test('no Service, or no single one, is refused with the names there are', () => {
  assert.throws(() => serviceUnderLoad([API, WEB]), {
    name: 'NoServiceError',
    message: /2 would do.*one of api, web$/,
  });
  assert.throws(() => serviceUnderLoad([API], { changed: CHANGED }), /0 would do/);
  assert.throws(() => serviceUnderLoad([API], { name: 'shop' }), /no such Service with pods, need one of api$/);
  assert.throws(() => serviceUnderLoad([KUBERNETES]), /need --service with one of none$/);
});

test('its URL has its address, and its port of the name http or else its first', () => {
  assert.equal(serviceURL(WEB), 'http://10.96.0.9:80/');
  assert.equal(serviceURL(API, '/products'), 'http://10.96.0.9:8080/products');
  assert.throws(() => serviceURL(service('x', { clusterIP: '' })), NoServiceError);
});
