import type { Executor } from '../executor.ts'

export const issueCertificate: Executor<'issue-certificate'> = ({ certificate }, { certificates }) =>
  certificates.issue(certificate)

export const installCertificate: Executor<'install-certificate'> = (action, { certificates }) =>
  certificates.install(action, action.hosts)
