export type PieceState = 'missing' | 'open' | 'full' | 'have'
export type BlockState = 'free' | 'requested' | 'received'

/** In the order of the numbers that stand for them in large arrays. */
export const PIECE_STATES: readonly PieceState[] = ['missing', 'open', 'full', 'have']
export const BLOCK_STATES: readonly BlockState[] = ['free', 'requested', 'received']
