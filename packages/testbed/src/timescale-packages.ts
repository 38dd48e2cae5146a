/**
 * TimescaleDB with the PostgreSQL it was built for. Debian 12 has none, so both come from the next stable release, of
 * which neither names nor versions change any more, with the libraries that the server loads at its start.
 */
export const timescaleRelease = 'trixie'
export const timescaleMajor = 17

export const timescalePackages: readonly string[] = [
  'postgresql-17',
  'postgresql-17-timescaledb',
  'libaudit1',
  'libc6',
  'libcap-ng0',
  'libcap2',
  'libcom-err2',
  'libgcc-s1',
  'libgssapi-krb5-2',
  'libicu76',
  'libk5crypto3',
  'libkeyutils1',
  'libkrb5-3',
  'libkrb5support0',
  'libldap2',
  'liblz4-1',
  'liblzma5',
  'libpam0g',
  'libpq5',
  'libsasl2-2',
  'libselinux1',
  'libpcre2-8-0',
  'libssl3t64',
  'libstdc++6',
  'libsystemd0',
  'libuuid1',
  'libxml2',
  'libxslt1.1',
  'libzstd1',
  'zlib1g',
]
