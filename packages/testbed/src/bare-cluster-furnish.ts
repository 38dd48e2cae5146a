import { chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeCertificates } from './bare-cluster-certificates.ts'
import {
  etcdYml,
  haproxyCfg,
  patroniYml,
  pgbouncerIni,
  postBootstrap,
  postBootstrapSql,
  userlist,
  type BareLayout,
} from './bare-cluster-files.ts'

/** Makes the directories, certificates and files of a cluster, in the hands of the account that runs everything. */
export async function furnish(layout: BareLayout): Promise<void> {
  const { root, members, gateway } = layout
  for (const home of [root, ...members.map(({ directory }) => directory)])
    for (const each of ['tls', 'config', 'logs', 'etcd', 'postgres'])
      mkdirSync(join(home, each), { recursive: true, mode: 0o700 })
  for (const { sockets } of members) mkdirSync(sockets, { recursive: true, mode: 0o700 })
  const tls = join(root, 'tls')
  const holders = members.map(({ name, address, directory }) => ({
    name,
    address,
    directory: join(directory, 'tls'),
  }))
  await makeCertificates(
    join(root, 'authority'),
    [{ name: 'gateway', address: gateway, directory: tls }, ...holders],
    gateway,
  )
  for (const member of members) {
    write(join(member.directory, 'config', 'etcd.yml'), etcdYml(layout, member))
    write(join(member.directory, 'config', 'patroni.yml'), patroniYml(layout, member))
  }
  const config = join(root, 'config')
  write(join(config, 'post-bootstrap'), postBootstrap(layout), 0o700)
  write(join(config, 'post-bootstrap.sql'), postBootstrapSql(layout))
  write(join(config, 'haproxy.cfg'), haproxyCfg(layout))
  write(join(config, 'pgbouncer.ini'), pgbouncerIni(layout))
  write(join(config, 'userlist.txt'), userlist(layout))
  // HAProxy takes certificate and key from one file
  const pair = ['server.crt', 'server.key'].map((file) => readFileSync(join(tls, file), 'utf8'))
  write(join(tls, 'server.pem'), pair.join(''))
  handOver(root, layout.account)
}

function write(path: string, text: string, mode = 0o600): void {
  writeFileSync(path, text, { mode })
}

/** Gives a directory and all below it to an account; only root can, and only root needs to. */
function handOver(path: string, account: BareLayout['account']): void {
  if (process.getuid?.() !== 0) return
  chownSync(path, account.uid, account.gid)
  if (!lstatSync(path).isDirectory()) return
  for (const entry of readdirSync(path)) handOver(join(path, entry), account)
}
