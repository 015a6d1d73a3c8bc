/** What `/version` and the nodes say: the Kubernetes version whose API is served. */
export const VERSION = 'v1.35.0+segue';
