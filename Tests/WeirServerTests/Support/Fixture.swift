/// Keys and tokens made with openssl and Python's hmac, independently of the code under test. The keys guard nothing.
enum Fixture {
  /// A secret of exactly the 32 bytes that HS256 asks for.
  static let secret = "0123456789abcdef0123456789abcdef"
  /// All tokens here are ann's, issued at this second and valid for an hour.
  static let issuedAt: Int64 = 1_700_000_000

  /// Signed with `secret`.
  static let hs256 =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm4iLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0"
    + ".j8LpT15_IE2o3pGONsyAqa-sIcqEZqbCLVmf5gE-rCE"
  /// Signed with `ecPrivate`.
  static let es256 =
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm4iLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0"
    + ".INB510qPkZfxA81K6NPdeg7NAogJFrhZBRY3h5ACzkfG3FxKsXARdUIiaV1gm-_eUKTEH3uyOq-QuMnDchfF_A"
  /// Signed with `rsaPrivate`.
  static let rs256 =
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm4iLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0"
    + ".U6kssS9HpMxAvcUwgM9B5QOts3tiTOhvaoes2lrhBpUMcsRrt6nIyJPGJGmm_blw24rYs6J3zK0_8n5JFngJK91lwmD-OEyTXoI"
    + "iwhyQj0LKchUZRCILczS8HtUPCgDcSHaOsCJ-QhYiL4wfUiuMxVfJ0bhJmPohpaubIRTcc3YbX12u2cpPOCh-diolvsmc0M0Oht0"
    + "mSYL06nj2-c7Pr9PiCzjsxXOAz7K-SgWFYWAFlzEYnU7wfZnbz8dcmVBfwg3MKdZlcRdDHXqUuT2bVwfALo6ElkXRPYPr1Y9imWm"
    + "hGLefnSXJ2ms4Nml2HsxIoJtu6nFITk_MKctv0Ez_cg"
  /// Signed with the key of `edPublic`.
  static let edDSA =
    "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm4iLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0"
    + ".k2v8sr5u5VM_2NSVGgxINk1xuhxYMY0pvGROx0CDzXwXcLjK1bbpfZUAxQ42DuqtscE16v07HetBQ1AgrqkLAg"
  /// Says HS256; its secret is the text of `rsaPublic`, which everybody knows.
  static let confused =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm4iLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0"
    + ".LhMoJ3Q7ozddOh5QmlZbfg7jMGmJYJwdVmzt8YPd8tw"

  /// 2048 bits.
  static let rsaPublic = """
    -----BEGIN PUBLIC KEY-----
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxot4O72cmFeGgs1sgwTo
    fdzla8G4Li6XjGioSFIzDs2LrA0glkZt/MsdV5j0kZc7T8Tb+o3jAo01vdfSDZNv
    j8PIN8MRoCjl7z9VRRJafugSdxH1mQ/ruQVblTo3e9GjWPO8RJOFtT09uQLTZ8hr
    EvEaui3/dX33vnS/L1qlLJUcg0PMqbrweaREcUK658oB7wHTDBIlJSVfzpINWP/n
    HjnWPUTp0Z2GJJsRv26y6sA0W8kA71aXBfHJ95Wd1KXgAO5hf+ukCwr+vRgVYkdX
    G3vHkz6a43Hoh0siUnxno4hh6B3NxC/fEa1/ryskMj4Rebm4BREoeDx1yhmIqugO
    hQIDAQAB
    -----END PUBLIC KEY-----
    """
  /// 2048 bits.
  static let rsaPrivate = """
    -----BEGIN PRIVATE KEY-----
    MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDGi3g7vZyYV4aC
    zWyDBOh93OVrwbguLpeMaKhIUjMOzYusDSCWRm38yx1XmPSRlztPxNv6jeMCjTW9
    19INk2+Pw8g3wxGgKOXvP1VFElp+6BJ3EfWZD+u5BVuVOjd70aNY87xEk4W1PT25
    AtNnyGsS8Rq6Lf91ffe+dL8vWqUslRyDQ8ypuvB5pERxQrrnygHvAdMMEiUlJV/O
    kg1Y/+ceOdY9ROnRnYYkmxG/brLqwDRbyQDvVpcF8cn3lZ3UpeAA7mF/66QLCv69
    GBViR1cbe8eTPprjceiHSyJSfGejiGHoHc3EL98RrX+vKyQyPhF5ubgFESh4PHXK
    GYiq6A6FAgMBAAECggEAA9agbW89/sf6Zr738RSANia2HL4zBFmMPn+reTJ1oDyj
    DaF3VtBnwfJfT9k6KTJmSCWDJzXlBKCcQF5SxkZqarobPdC8n38K6vQrftla/Ica
    DElBmULwiLQs0Ba/CdrEsKyNoDnF5PoZHmGKmsAKKeSVYrIO9UOJLZpuM8kp1lHG
    7sjrj194GVhWZ5Dt6XLXzDULL2mViYiuYLHPb/O768ZVT0m9Ub/7MsqswldGBzfQ
    eKxCvm44IRW9mP5TQ4NMpGQ1spJ1NV+4FtLFa1H1yudOWqwSmwy/8bFFszSQmlr+
    +N9YMFLLX3/+a5HjIIzJUXhMzLPX/+7pI/PTxOyFhQKBgQDvR5t+G2JupiDcynJD
    VxcWa4fkVNgCzbIaNpWmbi6fvFOO2Rc93k563f9hxoALvCaG36tQj0mcTTI3wCGs
    95eL/agwDg3qPd+2+hc+Y6gF6mwSFAH6W1nRF9DaC/GVkNlmzL2uHZP8f2IoHA+W
    lmuAwlyPgJSxA8gZfL0oHSZ30wKBgQDUaytedXzH+dCjrjkIj/Cyug/6V7P7UlrX
    Zj4+jgp8N56Ih1NVK9KXJEjv0VLL2y9CTHxeABVaOxkk9c0yKLYzvzZqQ/gJcady
    5CsFC0ZkNkt23YJHZuLAQvuEMENVOIxdIPgN7/UNJRyvJr7fWfiT5bYBuReAMC3U
    WUnYOAcBRwKBgFvx2SchILbB8XjF9hg4O+/qjAJKM+MH5Xs7JFAaoKHSvQz0EIE+
    jkuaSIrqusNHnkpPYkYHeVKtOzG/C3GqhjpN0zX8AI7VDcUC3rGjm6oCRVrBA22P
    crjs/Nz8n+1IBrIA1JY2WWo6DJ67AaZs0IxeozClSP2oJVjd3NWwNdrvAoGAAN5f
    UweP9xFidQjlWs+b4F86aX+qUMDJdlAIuSDDkjZ4A37qLFL9jXisg66LdCH1U4QU
    jh3Z+IB9XdVTfX0FIbkKc+zLOt6oHKQqON8O7qH6NQY63ifhjX+4n5XC8LpGeKsF
    2Ki+i8s3DtBNv4QSrCgoUmF7Yx7PUSr8TlIMVUkCgYEAj/w6cAIddD42rVRjmAp6
    W5XjGzLXkOv+e8dqYfOHB0AdoIligacjwvfmpTXp8zIl9yAkk3UP8iMQQCbKFm+X
    9PtLgQ8DQaOxO1HBM88i+m+F38iEACnN/jKGv0MsQiIlTdoE1pCEa2U8S+xK6wGJ
    64rX/x8OP+1MFDPbINXS01o=
    -----END PRIVATE KEY-----
    """
  /// P-256.
  static let ecPublic = """
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAET2bG4THkuM3VQV76yl2PkZ9VwKlI
    C3xXjTR3Q0+ViwRlPz+3ozc/1jIk4N/hV0wzUw8XgTKi2fF9vHSX8AsJZg==
    -----END PUBLIC KEY-----
    """
  /// P-256.
  static let ecPrivate = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgXY45wQy68+tI0+iG
    3DImM2dt7O/KxBvT1ypbwsbqnkihRANCAARPZsbhMeS4zdVBXvrKXY+Rn1XAqUgL
    fFeNNHdDT5WLBGU/P7ejNz/WMiTg3+FXTDNTDxeBMqLZ8X28dJfwCwlm
    -----END PRIVATE KEY-----
    """
  /// Ed25519.
  static let edPublic = """
    -----BEGIN PUBLIC KEY-----
    MCowBQYDK2VwAyEAofFYk7zQ9p4ECqkWEpj75L6t9iXtlrV3fegegHzHvDg=
    -----END PUBLIC KEY-----
    """
  /// Ed25519.
  static let edPrivate = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEIMXQ+PjIHCl3XNG/oA97P/VYupmlI9zFo6IBARmcEK6o
    -----END PRIVATE KEY-----
    """
  /// Of `ecPrivate`, for localhost, signed by itself, valid until 2126.
  static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBlTCCATugAwIBAgIUQoseAqs8d/vUKs59QqGQ8DH2bv0wCgYIKoZIzj0EAwIw
    FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTEwMDUyOVoYDzIxMjYxMDI4
    MTAwNTI5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
    PQMBBwNCAARPZsbhMeS4zdVBXvrKXY+Rn1XAqUgLfFeNNHdDT5WLBGU/P7ejNz/W
    MiTg3+FXTDNTDxeBMqLZ8X28dJfwCwlmo2kwZzAdBgNVHQ4EFgQUKMsWLxFdQuLr
    rTN4q1Eb4x2RlhIwHwYDVR0jBBgwFoAUKMsWLxFdQuLrrTN4q1Eb4x2RlhIwDwYD
    VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
    SAAwRQIhANO1C3Tj/8nx5lkmSX1fUSSrx+ao2pIE1lek4EjdUmANAiA6kNakIZU4
    HgmupcV4XMMWvRur9k4qbkinC/GzhJJ29g==
    -----END CERTIFICATE-----
    """
}
