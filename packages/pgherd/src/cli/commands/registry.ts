import type { Command } from '../command.ts'
import { backup } from './backup.ts'
import { bench } from './bench.ts'
import { down } from './down.ts'
import { drill } from './drill.ts'
import { failover } from './failover.ts'
import { health } from './health.ts'
import { init } from './init.ts'
import { logs } from './logs.ts'
import { migrate } from './migrate.ts'
import { pause } from './pause.ts'
import { plan } from './plan.ts'
import { prove } from './prove.ts'
import { psql } from './psql.ts'
import { reload } from './reload.ts'
import { render } from './render.ts'
import { restart } from './restart.ts'
import { restore } from './restore.ts'
import { rotate } from './rotate.ts'
import { scale } from './scale.ts'
import { status } from './status.ts'
import { switchover } from './switchover.ts'
import { unpause } from './unpause.ts'
import { up } from './up.ts'
import { upgrade } from './upgrade.ts'
import { url } from './url.ts'
import { verify } from './verify.ts'

/** In the order --help lists them: the way a user meets them. */
export const commands: readonly Command[] = [
  init,
  plan,
  up,
  status,
  url,
  psql,
  migrate,
  backup,
  prove,
  restore,
  verify,
  drill,
  switchover,
  failover,
  restart,
  reload,
  upgrade,
  scale,
  pause,
  unpause,
  rotate,
  health,
  render,
  bench,
  logs,
  down,
]
