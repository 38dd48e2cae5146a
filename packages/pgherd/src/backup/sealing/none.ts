import type { Sealing } from '../repository.ts'

/** No encryption: what comes in goes out. */
export const noSealing: Sealing = {
  format: 'none',
  ending: '',
  keyId: () => Promise.resolve(''),
  seal: (source) => source,
  open: (source) => source,
}
