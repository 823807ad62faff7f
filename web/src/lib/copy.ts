/** Put a text on the clipboard; false when the browser does not allow it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Pages that are not served over TLS or loopback have no clipboard interface; the old command still works there.
    const field = document.createElement('textarea')
    field.value = text
    field.readOnly = true
    field.className = 'hidden'
    document.body.append(field)
    field.select()
    const done = document.execCommand('copy')
    field.remove()
    return done
  }
}
