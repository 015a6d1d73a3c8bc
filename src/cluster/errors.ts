/** A cluster could not be started, for a reason its user can mend. The message is one line: what, and what to do. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
}
