import { keyOfAll, open, seal, type SealContext } from './seal.ts'
import { sealedMark } from './sealed-data.ts'
import type { Keyring } from './subject-keys.ts'

/** A snapshot of a state that personal data went into: sealed so that it opens only while all of the keys are there. */
interface SealedState {
  readonly $personal: readonly string[]
  readonly state: string
}

const purpose = '@pgherd/eventstore snapshot'

/** The JSON of a sealed state; undefined when a key is not there any more, so that it may not be kept. */
export function sealState(
  json: string,
  context: SealContext,
  keyIds: ReadonlySet<string>,
  keys: Keyring,
): string | undefined {
  const ids = [...keyIds].sort()
  const key = commonKey(ids, keys)
  if (!key) return undefined
  return JSON.stringify({
    $personal: ids,
    state: seal(key, context, json).toString('base64'),
  } satisfies SealedState)
}

/** Ids of the keys that a stored state needs; undefined when it is not sealed. */
export function stateKeyIds(json: string): readonly string[] | undefined {
  return json.startsWith(sealedMark) ? (JSON.parse(json) as SealedState).$personal : undefined
}

/** The JSON that was sealed; undefined when a key was erased or it is damaged: the state is computed from events then. */
export function openState(json: string, context: SealContext, keys: Keyring): string | undefined {
  const { $personal, state } = JSON.parse(json) as SealedState
  const key = commonKey($personal, keys)
  return key && open(key, context, Buffer.from(state, 'base64'))?.toString()
}

function commonKey(ids: readonly string[], keys: Keyring): Buffer | undefined {
  const live = ids.flatMap((id) => {
    const key = keys.get(id)
    return key === undefined || key === 'erased' ? [] : [key]
  })
  return live.length === ids.length ? keyOfAll(live, purpose) : undefined
}
