import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { httpText } from '../http-text.ts'

/**
 * GET of an address of ours. `ca` is the certificate file that https is checked against, beside the
 * system's. Throws DiagnosticError HTTP_UNREACHABLE when no whole answer came in time.
 */
export async function httpGet(
  url: string,
  timeoutMs: number,
  ca?: string,
): Promise<{ status: number; body: string }> {
  try {
    return await httpText(url, timeoutMs, ca)
  } catch (error) {
    throw new DiagnosticError(
      diagnose('HTTP_UNREACHABLE', {
        detail: `${url} gave no answer within ${timeoutMs} ms: ${error instanceof Error ? error.message : String(error)}`,
        mend: mend.run('pgherd', 'status'),
      }),
    )
  }
}
