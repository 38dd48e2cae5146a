import type { WriteRecord } from './history.ts'

/** Made when no answer came in time. */
export class ProbeTimeout extends Error {
  readonly code = 'TIMEOUT'
}

/**
 * What a failed statement says about its write. Only an ERROR that the server itself sent means that nothing was
 * committed. A connection that breaks (no SQLSTATE, class 08), a server that ends its session (class 57P: it may do so
 * after the commit, while it waits for its standby), a failing disk or an internal error (58, XX) leave it open
 * (errcodes-appendix; PostgreSQL source, syncrep.c SyncRepWaitForLSN). FATAL and PANIC end the session, too.
 */
export function outcomeOf(error: unknown): { outcome: WriteRecord['outcome']; error: string } {
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  const name = typeof code === 'string' ? code : 'CONNECTION_LOST'
  const answered = /^[0-9A-Z]{5}$/.test(name) && severity === 'ERROR'
  const open = /^(08|57P|58|XX)/.test(name)
  return { outcome: answered && !open ? 'failed' : 'unknown', error: name }
}

/** Acknowledged, but only by the primary: the session was told to stop waiting for the standby (a WARNING beside the answer). */
export function waitWasCanceled(notice: { readonly message?: string | undefined }): boolean {
  return /committed locally, but might not have been replicated|wait for synchronous replication/.test(
    notice.message ?? '',
  )
}
