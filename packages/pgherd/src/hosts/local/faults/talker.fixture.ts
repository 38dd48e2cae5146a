// A member in small: serves on its address, keeps connections to itself and to another, makes new ones, and counts what comes.
import { createServer, connect } from 'node:net'
import { writeFileSync, renameSync } from 'node:fs'

const [own = '', other = '', port = '', file = ''] = process.argv.slice(2)
const counts = { pushedByMyself: 0, pushedByOther: 0, newToMyself: 0, newToOther: 0 }
const push = 50

createServer((client) => {
  const timer = setInterval(() => client.write('x'), push)
  client.on('error', () => undefined).on('close', () => clearInterval(timer))
}).listen(Number(port), own)

const listen = (host: string, count: 'pushedByMyself' | 'pushedByOther') =>
  connect(Number(port), host)
    .on('data', () => counts[count]++)
    .on('error', () => undefined)
const attempt = (host: string, count: 'newToMyself' | 'newToOther') => {
  const socket = connect(Number(port), host).on('error', () => undefined)
  socket.once('connect', () => {
    counts[count]++
    socket.destroy()
  })
  socket.setTimeout(1000, () => socket.destroy())
}
setTimeout(() => {
  listen(own, 'pushedByMyself')
  listen(other, 'pushedByOther')
}, 200)
setInterval(() => {
  attempt(own, 'newToMyself')
  attempt(other, 'newToOther')
  writeFileSync(`${file}.tmp`, JSON.stringify(counts))
  renameSync(`${file}.tmp`, file)
}, 100)
