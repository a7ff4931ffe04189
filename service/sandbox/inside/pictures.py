"""matplotlib's backend inside: ``plt.show()`` saves each open figure as a picture in the current folder."""

from itertools import count

from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

_numbers = count(1)


class FigureManager(FigureManagerBase):
    """Saves its figure instead of opening a window."""

    def show(self) -> None:
        self.canvas.figure.savefig(f"figure-{next(_numbers)}.png")

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:
        import matplotlib.pyplot as plt

        for number in plt.get_fignums():
            manager = plt.figure(number).canvas.manager
            if manager is not None:
                manager.show()
        plt.close("all")  # as after closing their windows


class FigureCanvas(FigureCanvasAgg):
    manager_class = FigureManager
