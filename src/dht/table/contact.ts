import type { SharedNode } from '../../codec/compact.ts'

/**
 * A node as the routing table knows it. Only nodes that have answered us become contacts. The object is one that all tables
 * of a process share; what a table holds about it stands in its `ContactBook`.
 */
export type Contact = SharedNode

/** BEP 5, "Routing Table". */
export type Standing = 'good' | 'questionable' | 'bad'
