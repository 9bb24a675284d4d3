/** The verbs for which somebody waits at a closed port. They are a program of their own, so that they start faster. */
export const isClientCommand = ([word]: readonly string[]): boolean => word === 'connect' || word === 'knock';
