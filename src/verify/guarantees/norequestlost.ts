import { isReadyAt, podLives } from '../podlife.ts';
import type { Guarantee } from './guarantee.ts';

/** A loss while no pod was ready is nobody's fault here: it shows in the report and does not break the promise. */
export const noRequestLost: Guarantee = {
  name: 'NoRequestLost',
  says: 'a request sent while at least one ready pod existed got its whole answer',
  violations(history) {
    const backends = podLives(history).filter((life) => life.backend);
    return history.losses
      .filter((loss) => backends.some((life) => isReadyAt(life, loss.sentAt)))
      .map((loss) => {
        const ready = backends.filter((life) => isReadyAt(life, loss.sentAt)).length;
        const how = loss.errno ? `${loss.kind}, ${loss.errno}` : loss.kind;
        return { at: loss.sentAt, what: `request ${loss.request} was lost (${how}) while ${ready} pods were ready` };
      });
  },
};
