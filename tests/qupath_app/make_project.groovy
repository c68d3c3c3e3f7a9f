// A project of all images of a folder; what is drawn below lies in it, saved. Arguments: folder of the project, images.
import java.awt.image.BufferedImage
import qupath.lib.images.servers.ImageServerProvider
import qupath.lib.regions.ImagePlane

def plane = ImagePlane.getDefaultPlane()
def classOf = { it ? PathClass.fromString(it) : null }
def box = { x, y, width, height -> ROIs.createRectangleROI(x, y, width, height, plane) }
def drawn = { roi, name = '' -> PathObjects.createAnnotationObject(roi, classOf(name)) }
def cell = { roi, nucleus -> PathObjects.createCellObject(roi, nucleus, classOf('Positive')) }
def locked = drawn(box(70, 10, 10, 12), 'Nucleus')
locked.setLocked(true)

def content = [
    'drawn': [
        drawn(box(14, 14, 4, 4)), drawn(box(10, 10, 20, 20), 'Nucleus'), locked,   // small on large, drawn first
        drawn(ROIs.createPointsROI(50, 50, plane)), drawn(ROIs.createLineROI(1, 1, 90, 90, plane)),
        drawn(box(0, 0, 100, 100)), drawn(box(5, 40, 60, 50), 'Training'),
        drawn(ROIs.createEllipseROI(60, 60, 30, 30, plane), 'Ignore*'), drawn(box(40, 60, 5, 5), 'Tumor: Positive'),
    ],
    'detected': [
        drawn(box(0, 0, 100, 100)), cell(box(10, 10, 12, 12), box(13, 13, 5, 5)), cell(box(40, 40, 14, 10), null),
    ],
    'points': [drawn(ROIs.createPointsROI(50, 50, plane))],
    'empty': [],
]

def (folder, images) = args as List
new File(folder).mkdirs()
def project = Projects.createProject(new File(folder), BufferedImage.class)
new File(images).listFiles().findAll { it.name.endsWith('.tif') }.sort().each { file ->
    def support = ImageServerProvider.getPreferredUriImageSupport(BufferedImage.class, file.toURI().toString())
    def entry = project.addImage(support.getBuilders()[0])
    entry.setImageName(file.name)
    def objects = content.find { file.name.startsWith(it.key) }?.value
    if (objects != null) {
        def imageData = entry.readImageData()
        imageData.getHierarchy().addObjects(objects)
        entry.saveImageData(imageData)
    }
}
project.syncChanges()
