/** Loaded with `--import` into a process in which a fault is planted: what, is in the variable `PLANTED`. */
import { register } from 'node:module'
import process from 'node:process'

register(new URL('../sim/planted-hooks.ts', import.meta.url), { data: JSON.parse(process.env['PLANTED']!) })
