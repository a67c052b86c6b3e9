/** What is used of the package `write-file-atomic` 7, which ships no types. */
declare module 'write-file-atomic' {
  export default function writeFileAtomic(
    path: string,
    data: null,
    options: {
      readonly mode?: number
      readonly fsync: boolean
      readonly tmpfileCreated: (path: string) => Promise<void>
    },
  ): Promise<void>
}
