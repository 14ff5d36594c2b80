// Keeps the newest line in sight until the reader scrolls up, and again once the reader is back at the end.

/** So near to the end is at the end: fractions of pixels and zoom. */
const NEAR = 8

export class Follow {
  /** `onChange` hears whether the end is followed. */
  constructor(scroller, content, onChange) {
    this.scroller = scroller
    this.onChange = onChange
    this.isFollowing = true
    this.lastTop = 0
    scroller.addEventListener('scroll', () => this.scrolled(), { passive: true })
    // The wheel is known before its scrolling is: a piece that comes in between must not pull back.
    scroller.addEventListener('wheel', event => {
      if (event.deltaY < 0 && scroller.scrollHeight > scroller.clientHeight) this.set(false)
    }, { passive: true })
    const observer = new ResizeObserver(() => this.keepUp())
    observer.observe(content)
    observer.observe(scroller)
  }

  get distance() {
    return this.scroller.scrollHeight - this.scroller.clientHeight - this.scroller.scrollTop
  }

  scrolled() {
    const { scrollTop } = this.scroller
    const { distance } = this
    if (distance <= NEAR) {
      if (scrollTop >= this.lastTop || distance <= 1) this.set(true)
    } else if (scrollTop < this.lastTop - 1) {
      this.set(false)
    }
    this.lastTop = scrollTop
    this.onChange(this.isFollowing, distance)
  }

  set(isFollowing) {
    this.isFollowing = isFollowing
    this.onChange(isFollowing, this.distance)
  }

  keepUp() {
    if (this.isFollowing) {
      this.scroller.scrollTop = this.scroller.scrollHeight
      this.lastTop = this.scroller.scrollTop
    }
    this.onChange(this.isFollowing, this.distance)
  }

  /** To the end, and with it from now on. */
  toEnd() {
    this.isFollowing = true
    this.keepUp()
  }

  /** Something above what is read has grown by so much. */
  shift(pixels) {
    this.scroller.scrollTop += pixels
    this.lastTop = this.scroller.scrollTop
  }
}
