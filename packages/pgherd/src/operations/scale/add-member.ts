import { setTimeout as sleep } from 'node:timers/promises'
import { EtcdApi } from '../../cluster/etcd-api.ts'
import { peerUrl } from '../../components/etcd/etcd-yml.ts'
import { cloneProgress } from '../clone-progress.ts'
import { patiently } from './etcd-patience.ts'
import type { JoiningSite, ScaleOptions } from './scale-options.ts'

/**
 * Takes one server in: etcd first learns of it, then its own etcd is told that the cluster exists, and `bringUp` does the
 * rest, the clone included. Safe to repeat.
 */
export async function addMember(options: ScaleOptions, name: string, count: number): Promise<void> {
  const { access, report } = options
  const site = (await options.sitesOf(count)).find(({ member }) => member.name === name)
  if (!site) throw new Error(`a cluster with ${count} servers has ${name}`)
  const etcd = new EtcdApi(access)
  const url = peerUrl(site.member)
  const known = await etcd.members()
  // one that was added and never started has no name yet (etcd, "Runtime reconfiguration"): adding it again is refused
  if (!known.some((each) => each.name === name || each.peerUrls.includes(url))) {
    report(`adding ${name} to etcd`)
    await patiently(() => etcd.addMember(name, url), options.signal)
  }
  // what a member of that name had before it was removed belongs to nobody: etcd would refuse to start with it
  if (!known.some((each) => each.name === name)) await site.host.removeOwned(site.member.paths.etcd)
  await prepareEtcd(site)
  report(`cloning ${name}`)
  await withProgress(options, name, () => options.bringUp(count))
}

/**
 * The file says `existing` before etcd starts for the first time; afterwards the line is not read any more, and `up`
 * takes both for the same.
 */
async function prepareEtcd({ wanted, host }: JoiningSite): Promise<void> {
  const file = wanted.files.find(({ unit }) => unit === 'etcd')
  if (!file) throw new Error('every server of a cluster has a file for etcd')
  for (const { path, mode, owner } of wanted.directories) await host.makeDirectory(path, mode, owner)
  const contents = file.contents.replace(/^initial-cluster-state: .*$/m, 'initial-cluster-state: "existing"')
  await host.writeFile({ ...file, contents })
}

/** Tells how far the clone is while something else waits for it. */
async function withProgress(options: ScaleOptions, name: string, work: () => Promise<void>): Promise<void> {
  const stop = new AbortController()
  const watching = (async () => {
    while (!stop.signal.aborted) {
      const progress = await cloneProgress(options.sites)
      if (progress && !stop.signal.aborted) {
        const { from, streamedBytes, totalBytes } = progress
        const share = totalBytes ? Math.min(1, streamedBytes / totalBytes) : undefined
        options.report(`cloning ${name} from ${from}: ${Math.floor(streamedBytes / 2 ** 20)} MiB`, share)
      }
      await sleep(500, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  })()
  try {
    await work()
  } finally {
    stop.abort()
    await watching
  }
}
