import FuzzSupport

FuzzDriver.main(FuzzTarget.ofUpstream)
