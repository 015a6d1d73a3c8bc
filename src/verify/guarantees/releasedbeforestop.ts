import { RELEASE_ANNOTATION } from '../../api/types/segue.ts';
import { type History, sightingsOf } from '../history.ts';
import { type PodLife, podLives } from '../podlife.ts';
import type { Guarantee, Violation } from './guarantee.ts';

export const releasedBeforeStop: Guarantee = {
  name: 'ReleasedBeforeStop',
  says:
    'no container got preStop or a stop signal while a live router could still give it new work, ' +
    'unless the cap was reached and an event says so',
  violations(history) {
    return podLives(history).flatMap((life) => {
      const what = problemOf(life, history);
      return what === undefined ? [] : [violation(life, what)];
    });
  },
};

function violation(life: PodLife, what: string): Violation {
  const at = life.stoppedAt ?? life.goneAt ?? life.deletedAt ?? life.firstSeenAt;
  return { at, what: `pod ${life.namespace}/${life.name} ${what}` };
}

function problemOf(life: PodLife, history: History): string | undefined {
  if (life.deletedAt === undefined || isExempt(life)) return undefined;
  if (!life.release) return life.goneAt === undefined ? undefined : 'was stopped without any release';
  const { outcome } = life.release.status;
  if (life.stoppedAt === undefined && outcome === undefined) {
    return life.goneAt === undefined ? undefined : 'is gone, and nobody said that it was released or stopped';
  }
  if (outcome === 'TimedOut') {
    return hasWarning(history, life)
      ? undefined
      : 'was stopped at the cap, and no Warning event names who had not let go';
  }
  if (outcome === 'NotRequired') return 'was stopped without waiting for its release, which was asked for';
  if (life.releasedAt === undefined)
    return `was stopped while ${life.release.status.waitingFor.join(', ')} had not let go`;
  if (life.stoppedAt !== undefined && life.stoppedAt < life.releasedAt) {
    return `was stopped ${life.releasedAt - life.stoppedAt} ms before it was released`;
  }
  return undefined;
}

/** Level None waits for nobody; nor does a pod that was killed at once, never had an address, or had ended before. */
function isExempt(life: PodLife): boolean {
  const { pod, release } = life;
  const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  const stoppable = life.ready.length > 0 || !ended;
  return (
    release?.spec.level === 'None' ||
    pod.metadata.annotations?.[RELEASE_ANNOTATION] === 'None' ||
    pod.metadata.deletionGracePeriodSeconds === 0 ||
    pod.status?.podIP === undefined ||
    !stoppable
  );
}

function hasWarning(history: History, life: PodLife): boolean {
  return sightingsOf(history, 'Event').some(({ object }) => {
    const { type, reason, involvedObject } = object;
    return type === 'Warning' && involvedObject.uid === life.uid && reason?.startsWith('Release') === true;
  });
}
