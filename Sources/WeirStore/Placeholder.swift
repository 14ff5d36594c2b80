// WeirStore
