/** In the place of a package whose native part cannot be had everywhere; peers come by TCP alone here. */
export const RTCPeerConnection = undefined
export const RTCSessionDescription = undefined
export const RTCIceCandidate = undefined
export default {}
