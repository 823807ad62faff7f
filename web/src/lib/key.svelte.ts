// The admin key of this service, as long as the page is open: it is written nowhere and stands in no address.

export const admin = $state({ key: '' })
