// WeirClient
