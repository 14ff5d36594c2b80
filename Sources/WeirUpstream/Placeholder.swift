// WeirUpstream
