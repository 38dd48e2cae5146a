import { required, tuned, type Subject } from '../subject.ts'

/** Encryption and passwords. Paths of the certificate are placed by components/postgres. */
export const security: Subject = {
  name: 'security',
  settings: () => [
    required('ssl', 'on', 'nothing goes over TCP in the clear'),
    required(
      'ssl_min_protocol_version',
      'TLSv1.3',
      'older protocols have known weaknesses and every current driver speaks 1.3',
    ),
    required(
      'password_encryption',
      'scram-sha-256',
      'the server keeps verifiers, never passwords or MD5 sums',
    ),
    tuned('scram_iterations', 4096, 'RFC 7677 asks for at least 4096; pools log in often and pay for more'),
    required('row_security', 'on', 'policies apply'),
  ],
}
