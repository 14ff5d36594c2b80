import FuzzSupport

FuzzDriver.main(FuzzTarget.ofProtocol)
