import CCurl

/// What libcurl's end of a transfer means for a call.
enum CurlOutcome {
  static func end(_ code: CURLcode, failure: CallFailure, timeouts: CallTimeouts) -> ChatCall.TransferEnd {
    // Reasons are libcurl's own words for the code: unlike its error buffer they name no addresses.
    let why = String(cString: curl_easy_strerror(code))
    switch code {
    case CURLE_OK:
      return .complete
    case CURLE_OPERATION_TIMEDOUT:
      // The other limits are not libcurl's to keep.
      return .broken(failure.connectTimeout(timeouts))
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS:
      return .broken(failure.untrusted(why))
    case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_WRITE_ERROR:
      return .broken(failure.saidNothing)
    default:
      return .broken(failure.unreachable(why))
    }
  }
}
