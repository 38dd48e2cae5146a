import type { Executor } from '../executor.ts'

export const startUnit: Executor<'start-unit'> = ({ unit }, { host }) => host.startUnit(unit)

export const restartUnit: Executor<'restart-unit'> = ({ unit }, { host }) => host.restartUnit(unit)

export const stopUnit: Executor<'stop-unit'> = ({ name }, { host }) => host.stopUnit(name)

export const reloadUnit: Executor<'reload-unit'> = ({ unit }, { host }) => host.reloadUnit(unit)
