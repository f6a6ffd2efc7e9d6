/** Loaded late. */
export const list = ['court 1', 'court 2', 'court 3']
