import { StatusError } from '../api/status.ts';
import { TransportError } from '../client/transport.ts';

/** Errors by name whose message is made for the user: one line that says what, and what to do. */
const EXPECTED = new Set([
  'AddressInUseError',
  'ClusterError',
  'ImagesFileError',
  'ListenError',
  'LoadFailedError',
  'ManifestError',
  'NoServiceError',
  'PlanError',
  'StoreCorruptError',
  'StoreFailedError',
  'StoreFormatError',
  'StoreInUseError',
  'StoreUnavailableError',
  'UsageError',
  'VerifyError',
]);

/** The one line to print for an error a user can mend; undefined for a defect, which deserves its stack. */
export function userMessage(error: unknown): string | undefined {
  const known =
    error instanceof StatusError ||
    error instanceof TransportError ||
    (error instanceof Error && EXPECTED.has(error.name));
  return known ? error.message.trim().replace(/\s*\n\s*/g, ' ') : undefined;
}
