import FuzzSupport

FuzzDriver.main(FuzzTarget.ofServer)
