import '../cli/top.ts'
export const upward = 1
