// Draws in the open image: a cell with a detection inside, a region and a point.
def plane = qupath.lib.regions.ImagePlane.getDefaultPlane()
def region = PathClass.fromString('Region*')
addObjects([
    PathObjects.createAnnotationObject(ROIs.createRectangleROI(70, 70, 20, 20, plane)),
    PathObjects.createDetectionObject(ROIs.createRectangleROI(75, 75, 5, 5, plane)),
    PathObjects.createAnnotationObject(ROIs.createRectangleROI(60, 60, 35, 35, plane), region),
    PathObjects.createAnnotationObject(ROIs.createPointsROI(5, 5, plane)),
])
resolveHierarchy()
