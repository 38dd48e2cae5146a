import { z } from 'zod'
import { duration } from '../quantities.ts'
import { cidr, identifier } from './values.ts'

/** Certificates of the server. TLS is always on for TCP. */
export const tlsSchema = z.strictObject({
  hosts: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Names and addresses the server certificate is for, beside localhost and the listen addresses.',
    ),
  certificate: z
    .strictObject({
      cert: z
        .string()
        .min(1)
        .describe('PEM file with the server certificate and its intermediates; relative to the spec.'),
      key: z.string().min(1).describe('PEM file with its private key; relative to the spec.'),
      ca: z
        .string()
        .min(1)
        .describe('PEM file with the root certificate your clients verify against; relative to the spec.'),
    })
    .optional()
    .describe('Your own certificate instead of one issued by the CA pgherd makes for this spec.'),
  lifetime: duration.prefault('90d').describe('How long a certificate issued by pgherd is valid.'),
  renewBefore: duration
    .prefault('30d')
    .describe('How long before its end a certificate is replaced; the server reloads it without a restart.'),
})

/** One line of who may connect from where. */
export const accessRuleSchema = z.strictObject({
  from: z.array(cidr).min(1).describe('Ranges of addresses, such as `10.0.0.0/8`.'),
  roles: z
    .array(identifier)
    .min(1)
    .optional()
    .describe('Roles that may connect from there. Left out: all that the spec declares.'),
  databases: z
    .array(identifier)
    .min(1)
    .optional()
    .describe('Databases they may connect to. Left out: all that the spec declares.'),
})

/** Who may connect over the network; this machine always may, and nobody without TLS and a password. */
export const networkSchema = z.strictObject({
  access: z
    .array(accessRuleSchema)
    .default([])
    .describe(
      'Who may connect from other machines. Left out: nobody. Each line allows; nothing else is allowed.',
    ),
})
