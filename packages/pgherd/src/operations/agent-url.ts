/** Where the agent answers; its address is one of loopback (spec/rules/agent-exposed.ts). */
export function agentUrl(listen: string, port: number): string {
  return `http://${listen.includes(':') ? `[${listen}]` : listen}:${port}`
}
